"""The sentences of the discussion, each chosen by the data: which wording holds, which values it prints, on what."""
