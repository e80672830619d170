"""From labels to a data set: formats, alignment with the page, problems, duplicates, splits."""
