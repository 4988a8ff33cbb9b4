"""Where the administration lists the issues that a number of the screens counts."""

from urllib.parse import urlencode

# As the administration's list calls what the screens are narrowed down to.
FILTERED = {"location": "location", "priority": "priority__exact", "type": "type"}


def query(which: str, filters: dict[str, str]) -> str:
    """The parameters of the list that holds the issues `which`, of those filters, and none that the screens leave out."""
    return "&".join(
        filter(None, ["counted=yes", which, urlencode({FILTERED[name]: filters[name] for name in filters})])
    )
