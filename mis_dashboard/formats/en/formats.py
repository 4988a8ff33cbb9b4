"""Times are of 24 hours and have their minutes, as on every screen: "15:00", not "3 p.m."."""

TIME_FORMAT = "H:i"
DATETIME_FORMAT = "N j, Y, H:i"
SHORT_DATETIME_FORMAT = "m/d/Y H:i"
