"""Tables from anybody: CSV and XLSX files whose columns a mapping file explains.

:mod:`~esclusa.formats.tabular.rows` cuts bytes into rows, :mod:`~esclusa.formats.tabular.sheet`
does the same for a workbook, :mod:`~esclusa.formats.tabular.mapping` says what each column means,
:mod:`~esclusa.formats.tabular.guess` proposes a mapping for a file nobody has explained yet, and
:mod:`~esclusa.formats.tabular.build` turns mapped rows into statements.
"""
