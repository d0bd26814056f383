"""Hostile input: one module for each way in, one function for each case; `table` names them all."""
