namespace Mlops.Tracking;

/// <summary>What may be said of a dataset. The limits are those of MLflow.</summary>
internal static class DatasetRules
{
    public const int MaximumPerCall = 1_000;
    private const int MaximumName = 500;
    private const int MaximumDigest = 36;
    private const int MaximumUri = 65_535;
    private const int MaximumSchema = 65_535;
    private const int MaximumProfile = 16_777_215;
    private const int MaximumTagKey = 255;
    private const int MaximumTagValue = 500;

    /// <summary>The dataset as it is stored: checked, and without user names and passwords in its URI.</summary>
    public static DatasetInput Require(DatasetInput dataset, string parameter)
    {
        ArgumentNullException.ThrowIfNull(dataset, parameter);
        RequireText(dataset.Name, MaximumName, parameter);
        RequireText(dataset.Digest, MaximumDigest, parameter);
        RequireOptional(dataset.UriType, MaximumDigest, parameter);
        RequireOptional(dataset.Schema, MaximumSchema, parameter);
        RequireOptional(dataset.Profile, MaximumProfile, parameter);
        RequireOptional(dataset.Context, MaximumTagValue, parameter);
        if (dataset.Rows < 0)
        {
            throw new ArgumentOutOfRangeException(parameter, dataset.Rows, "A dataset has no negative number of rows; leave it null when it is not known.");
        }

        foreach ((string key, string value) in dataset.Tags ?? new Dictionary<string, string>())
        {
            RequireText(key, MaximumTagKey, parameter);
            Names.RequireValue(value, MaximumTagValue, parameter);
        }

        string? uri = dataset.Uri is null ? null : UserInfo.Remove(dataset.Uri);
        RequireOptional(uri, MaximumUri, parameter);
        return dataset with { Uri = uri };
    }

    private static void RequireText(string text, int maximum, string parameter)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(text, parameter);
        Names.RequireValue(text, maximum, parameter);
    }

    private static void RequireOptional(string? text, int maximum, string parameter)
    {
        if (text is not null)
        {
            Names.RequireValue(text, maximum, parameter);
        }
    }
}
