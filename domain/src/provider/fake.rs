//! A scripted provider in memory, for simulation and unit tests.
