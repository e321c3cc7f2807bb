"""Speed and accuracy, run by `make bench`; never part of the tests."""
