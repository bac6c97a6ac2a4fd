"""Tables from anybody: CSV and XLSX files whose columns a mapping file explains.

:mod:`~esclusa.formats.tabular.rows` cuts bytes into rows, :mod:`~esclusa.formats.tabular.sheet`
does the same for a workbook, :mod:`~esclusa.formats.tabular.mapping` says what each column means,
:mod:`~esclusa.formats.tabular.guess` proposes a mapping for a file nobody has explained yet,
:mod:`~esclusa.formats.tabular.writing` writes that proposal down, and
:mod:`~esclusa.formats.tabular.assemble` turns mapped rows into statements.
"""
