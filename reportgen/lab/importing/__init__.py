"""What was trained elsewhere: folders of the course's framework -> runs of an output folder."""
