on_note(struct spawner *s)
