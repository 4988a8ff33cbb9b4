"""How the figures of a window came about: over time, by hour of the week, by how long it took and by type."""
