"""Pages of the lines: reception, the doctor's screen, waiting-room screens, the patient's page, and the acts."""
