"""The vision tower: from pixels of a tile to what is printed there, taught on drawn pages."""
