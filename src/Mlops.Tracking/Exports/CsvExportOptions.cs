namespace Mlops.Tracking;

/// <summary>How CSV is written.</summary>
public sealed class CsvExportOptions
{
    /// <summary>
    /// False (default): a field that begins with <c>= + - @</c>, their full-width forms, a tab or a line end, and is no number, gets an
    /// apostrophe before it, so that a spreadsheet shows it and does not compute it. True: every field as it was logged, for programs.
    /// </summary>
    public bool KeepFormulas { get; set; }
}
