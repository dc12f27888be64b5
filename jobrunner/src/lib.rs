//! jobrunner
