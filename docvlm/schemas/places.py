"""Signs of a country in the text of a page."""

from __future__ import annotations

import re

_US_STATES = (
    "AL AK AZ AR CA CO CT FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND "
    "OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY DC PR"
)
# "DE 10115 Berlin" is Germany, "Wilmington, DE 19801" Delaware.
US_STATE_AND_ZIP = re.compile(
    rf"(?:\b(?:{_US_STATES.replace(' ', '|')})|,\s*DE)\.?,?\s*\d{{5}}(?:-\d{{4}})?\b"
)
"""A US state's abbreviation followed by a ZIP code, as at the end of an address."""
