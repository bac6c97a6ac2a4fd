"""Reports on casework and the supervisor's board: facts gathered under the labels that the reader
may see, counted by :mod:`esclusa.analysis.figures`, told as page, PDF, DOCX and CSV.

Each module that gathers hands over facts, one row for each thing that counts; the figures, and the
records behind each of them, are made from the same rows.
"""
