"""Networks of the models, with their losses."""
