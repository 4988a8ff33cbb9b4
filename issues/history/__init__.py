"""History in: what another system knows of issues, as issues and actions of ours. `manage.py import_issues` calls it.

    files    a table of text: CSV as it is found in the world, or an old database      → lines, or why not
    columns  which column holds which field
    values   one cell → one value
    records  one line → a Version of an issue, or an Event
    staging  all versions and events on the disk, brought together by issue
    telling  the versions and events of one issue → what is stored of it; pure
    store    a batch of them → rows
    run      all of it, in order

What is imported is the record of another system. Its times stay as they are, even where they contradict each other;
nothing in it makes MIS speak, judge, ask or warn, and nothing that began in MIS is changed by it.
"""
