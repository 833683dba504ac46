	ask_worker(r, Q_GOOD, 0, done); /* Q_SILENT */
