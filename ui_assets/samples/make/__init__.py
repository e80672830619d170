"""Makes the sample documents, one module a document, byte for byte the same each time.

    pip install -r tests/requirements.txt
    python -m ui_assets.samples.make [folder]

Every company, person, number and address in them is invented. Fonts are those of the package
``pymupdf-fonts`` and of PyMuPDF itself, all free to redistribute.
"""
