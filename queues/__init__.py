"""Floor 2: the lines people wait in, their visits, and the pages of reception, doctor, waiting room and phone."""
