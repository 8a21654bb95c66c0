namespace Mlops.Drift;

public sealed partial record DriftReport
{
    /// <summary>The report as one HTML document: styles and charts inline, no script, nothing loaded from elsewhere; about 450 bytes per column.</summary>
    public string ToHtml() => new HtmlReport(this).Render();
}
