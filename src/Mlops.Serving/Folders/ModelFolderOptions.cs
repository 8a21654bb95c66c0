namespace Mlops.Serving;

/// <summary>Which folder of models is served, and how it is followed.</summary>
public sealed class ModelFolderOptions
{
    /// <summary>The folder, laid out as <c>MODEL/VERSION/model.onnx</c>.</summary>
    public string Path { get; set; } = "";

    /// <summary>
    /// How often the manifest <see cref="ModelFolderManifest.FileName"/> is looked at; 1 s by default, 10 ms to a day. A folder without a
    /// manifest is read once, when the server starts.
    /// </summary>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Most versions of one model that are loaded, the newest; 4 by default, 1 to 64.</summary>
    public int MaximumVersions { get; set; } = 4;

    /// <summary><see cref="ModelOptions.AllowUnknownOutputSizes"/> of every model of the folder; off by default.</summary>
    public bool AllowUnknownOutputSizes { get; set; }

    /// <summary>What is out of range; <c>null</c> when nothing is.</summary>
    internal string? FindFault()
    {
        if (Path.Length == 0)
            return $"{nameof(Path)} is empty.";
        if (PollInterval < TimeSpan.FromMilliseconds(10) || PollInterval > TimeSpan.FromDays(1))
            return $"{nameof(PollInterval)} is {PollInterval}; it must lie between 10 ms and a day.";
        return MaximumVersions is < 1 or > 64 ? $"{nameof(MaximumVersions)} is {MaximumVersions}; it must lie between 1 and 64." : null;
    }
}
