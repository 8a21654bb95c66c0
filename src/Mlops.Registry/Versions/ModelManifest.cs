using System.Text.Json;
using System.Text.Json.Serialization;
using Mlops.Storage;

namespace Mlops.Registry;

/// <summary>
/// The bytes of a version that is a folder: JSON that lists its files by the ordinal order of their names, written the same way for the
/// same files, so that equal folders have equal hashes.
/// </summary>
internal static class ModelManifest
{
    private const string Format = "mlops.folder/1";

    /// <exception cref="ArgumentException">A name follows no grammar, comes twice, or is also a folder.</exception>
    public static byte[] Write(IReadOnlyList<ModelFile> files, string parameter)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (ModelFile file in files)
        {
            ArgumentNullException.ThrowIfNull(file, parameter);
            ArgumentOutOfRangeException.ThrowIfNegative(file.Length, parameter);
            if (!ArtifactName.TryParse(file.Name, out _))
            {
                throw new ArgumentException($"A file's name is an artifact's name, such as 'model/weights.bin'; one of {files.Count} is not.", parameter);
            }

            if (!names.Add(file.Name))
            {
                throw new ArgumentException($"Two files are called '{file.Name}'.", parameter);
            }
        }

        foreach (ModelFile file in files)
        {
            for (int slash = file.Name.LastIndexOf('/'); slash > 0; slash = file.Name.LastIndexOf('/', slash - 1))
            {
                if (names.Contains(file.Name[..slash]))
                {
                    throw new ArgumentException($"'{file.Name[..slash]}' is a file and the folder of '{file.Name}'.", parameter);
                }
            }
        }

        StoredFile[] stored = [.. files.OrderBy(static file => file.Name, StringComparer.Ordinal)
            .Select(static file => new StoredFile(file.Name, file.Hash.ToString(), file.Length))];
        return JsonSerializer.SerializeToUtf8Bytes(new StoredManifest(Format, stored), ModelManifestContext.Default.StoredManifest);
    }

    /// <param name="manifest">Verified bytes.</param>
    /// <exception cref="StorageException">They are in a format that this code does not know.</exception>
    public static ModelFile[] Read(byte[] manifest)
    {
        StoredManifest? stored = null;
        try
        {
            stored = JsonSerializer.Deserialize(manifest, ModelManifestContext.Default.StoredManifest);
        }
        catch (JsonException)
        {
            // Said below.
        }

        if (stored is not { Format: Format, Files: { } files })
        {
            throw new StorageException($"Reading the files of a version: the manifest is not in the format '{Format}'. It was registered by a newer version of this package; update it.");
        }

        return Array.ConvertAll(files, static file => new ModelFile(ArtifactName.Parse(file.Name).Value, ContentHash.Parse(file.Sha256), file.Length));
    }
}

internal sealed record StoredManifest(string Format, StoredFile[] Files);

internal sealed record StoredFile(string Name, string Sha256, long Length);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(StoredManifest))]
internal sealed partial class ModelManifestContext : JsonSerializerContext;
