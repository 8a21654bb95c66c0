using System.Text.Json;

namespace Mlops.Mlflow;

/// <summary>Names that hold slashes, seen as folders and files.</summary>
internal static class ArtifactTree
{
    /// <summary>True for the file itself, and for those in the folder of that name.</summary>
    public static bool IsAtOrBelow(string name, string path) =>
        path.Length == 0 || name == path || (name.Length > path.Length && name[path.Length] == '/' && name.StartsWith(path, StringComparison.Ordinal));

    /// <summary>What is directly in a folder, by its name within it; the length of a folder is null.</summary>
    public static SortedDictionary<string, long?> ChildrenOf(string folder, IEnumerable<(string Name, long Length)> files)
    {
        SortedDictionary<string, long?> children = new(StringComparer.Ordinal);
        foreach ((string name, long length) in files)
        {
            if (name == folder || !IsAtOrBelow(name, folder))
            {
                continue;
            }

            string rest = folder.Length == 0 ? name : name[(folder.Length + 1)..];
            int slash = rest.IndexOf('/', StringComparison.Ordinal);
            children[slash < 0 ? rest : rest[..slash]] = slash < 0 ? length : null;
        }

        return children;
    }

    /// <param name="writer">Where to.</param>
    /// <param name="children">From <see cref="ChildrenOf"/>.</param>
    /// <param name="prefix">What stands before each name.</param>
    public static void Write(Utf8JsonWriter writer, SortedDictionary<string, long?> children, string prefix)
    {
        if (children.Count == 0)
        {
            return;
        }

        writer.WriteStartArray("files");
        foreach ((string name, long? length) in children)
        {
            writer.WriteStartObject();
            writer.WriteString("path", prefix + name);
            writer.WriteBoolean("is_dir", length is null);
            if (length is { } bytes)
            {
                writer.WriteNumber("file_size", bytes);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
