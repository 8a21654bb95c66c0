namespace Mlops.Mlflow;

/// <summary>What becomes of values that are too long: cut, or refused.</summary>
internal sealed class LongValues(MlflowOptions options)
{
    private const int MaximumParameter = 6_000;

    public string Parameter(string value) => Fit("Param", value, MaximumParameter);

    public string Tag(string value) => Fit("Tag", value, WireTags.MaximumRunTagLength);

    private string Fit(string what, string value, int maximum) =>
        value.Length <= maximum ? value
        : options.TruncateLongValues ? WireText.Truncate(value, maximum)
        : throw WireTags.TooLong(what, value.Length, maximum);
}
