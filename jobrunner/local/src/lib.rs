//! jobrunner/local
