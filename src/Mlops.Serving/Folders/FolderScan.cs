using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Mlops.Serving;

/// <summary>Finds models in a folder laid out as <c>MODEL/VERSION/model.onnx</c>. Links are not followed: they may lead out of it.</summary>
internal static class FolderScan
{
    public const string ModelFile = "model.onnx";
    private const long MaximumConfigBytes = 1 << 20;

    /// <summary>All models, sorted by name; what is no model is left out with a line in the log.</summary>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    public static List<ListedModel> Read(string root, ILogger logger)
    {
        List<ListedModel> models = [];
        foreach (DirectoryInfo folder in new DirectoryInfo(root).EnumerateDirectories().OrderBy(static folder => folder.Name, StringComparer.Ordinal))
            if (ReadModel(folder, logger) is { } model)
                models.Add(model);

        return models;
    }

    /// <summary>One model; <c>null</c> when the folder holds none of that name.</summary>
    public static ListedModel? ReadModel(DirectoryInfo folder, ILogger logger)
    {
        if (!ModelName.IsFolder(folder.Name))
            return Skip(folder, "its name is not that of a model", logger);
        if (!folder.Exists || folder.LinkTarget is not null)
            return Skip(folder, "it is missing or a link", logger);

        List<ListedVersion> versions = [];
        foreach (DirectoryInfo version in folder.EnumerateDirectories())
            if (ParseNumber(version.Name) is { } number && version.LinkTarget is null && new FileInfo(Path.Combine(version.FullName, ModelFile)) is { Exists: true, LinkTarget: null })
                versions.Add(new ListedVersion(number, Files: null));

        versions.Sort(static (left, right) => left.Number.CompareTo(right.Number));
        if (versions.Count == 0)
            return Skip(folder, $"it has no VERSION/{ModelFile}", logger);

        var config = new FileInfo(Path.Combine(folder.FullName, TritonConfig.FileName));
        if (config is not { Exists: true, LinkTarget: null, Length: <= MaximumConfigBytes })
            return new ListedModel(folder.Name, IsBatched: true, versions);

        ServingLog.FolderConfigIgnored(logger, folder.Name);
        TritonConfig triton = TritonConfig.Parse(File.ReadAllText(config.FullName));
        return new ListedModel(folder.Name, triton.IsBatched, [.. triton.Choose(versions, static version => version.Number)]);
    }

    /// <summary>The number that a folder's name is: positive, without leading zeros; <c>null</c> otherwise.</summary>
    private static long? ParseNumber(string name) =>
        long.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number > 0 && name[0] != '0' ? number : null;

    private static ListedModel? Skip(DirectoryInfo folder, string why, ILogger logger)
    {
        ServingLog.FolderEntrySkipped(logger, folder.Name, why);
        return null;
    }
}
