using System.Net;

namespace Quickstart;

internal static class ReportText
{
    public static string P(double value) => value < 0.001 ? "p < 0.001" : $"p = {value:F3}";

    /// <summary>Two decimals, without a minus before zero.</summary>
    public static string Signed(double value) => Math.Abs(value) < 0.005 ? "0.00" : $"{value:F2}";

    public static string Encode(string text) => WebUtility.HtmlEncode(text);
}
