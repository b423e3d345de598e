"""When the triggers of a playbook would have fired, from numbers of the past: pure, whoever asks passes them in."""
