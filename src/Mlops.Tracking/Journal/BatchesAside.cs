using System.Globalization;
using System.Text.Json;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>
/// Batches that the store will not take, in a folder beside the journal: a file of JSON each, for people to look at. Nothing reads them
/// back. Thread-safe.
/// </summary>
internal sealed class BatchesAside(string journal, string name, long maximumBytes, JournalDisk disk)
{
    private const string Extension = ".json";

    private readonly Lock _gate = new();
    private readonly string _folder = Path.Combine(journal, name);
    private long? _bytes;

    /// <summary>The folder's own name.</summary>
    public string Name => name;

    /// <summary>Keeps a batch, as durably as the journal did; keeping it again changes nothing. False when the folder is full.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="why">What the store said, without anything of the batch.</param>
    /// <exception cref="StorageException">The file cannot be written.</exception>
    public bool TryKeep(RunAppend batch, string why)
    {
        string path = Path.Combine(_folder, string.Create(CultureInfo.InvariantCulture, $"{batch.Writer:x16}-{batch.Sequence}{Extension}"));
        lock (_gate)
        {
            try
            {
                disk.CreateFolder(_folder);
                _bytes ??= new DirectoryInfo(_folder).EnumerateFiles("*" + Extension).Sum(static file => file.Length);
                if (_bytes >= maximumBytes && !File.Exists(path))
                {
                    return false;
                }

                _bytes += Write(path, batch, why);
                return true;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw new StorageException(
                    $"Setting aside a batch of run {batch.RunId} in '{_folder}': {exception.Message} Give this process the right to write there, and room.", exception);
            }
        }
    }

    private long Write(string path, RunAppend batch, string why)
    {
        string hidden = path + ".new";
        long length;
        using (FileStream file = File.Create(hidden))
        {
            using (var json = new Utf8JsonWriter(file, new JsonWriterOptions { Indented = true }))
            {
                Write(json, batch, why);
            }

            file.Flush();
            disk.FlushFile(file.SafeFileHandle);
            length = file.Length;
        }

        File.Move(hidden, path, overwrite: true);
        disk.FlushFolder(_folder);
        return length;
    }

    private static void Write(Utf8JsonWriter json, RunAppend batch, string why)
    {
        json.WriteStartObject();
        json.WriteString("run", batch.RunId);
        json.WriteString("why", why);
        json.WriteString("writer", batch.Writer.ToString("x16", CultureInfo.InvariantCulture));
        json.WriteNumber("sequence", batch.Sequence);
        json.WriteNumber("dropped", batch.Dropped);
        if (batch is { Status: { } status, EndTime: { } ended })
        {
            json.WriteString("status", status.ToString());
            json.WriteString("endTime", ended);
        }

        Write(json, "parameters", batch.Parameters);
        Write(json, "tags", batch.Tags);
        json.WriteStartArray("metrics");
        foreach (Metric metric in batch.Metrics)
        {
            json.WriteStartObject();
            json.WriteString("key", metric.Key);
            if (double.IsFinite(metric.Value))
            {
                json.WriteNumber("value", metric.Value);
            }
            else
            {
                json.WriteString("value", metric.Value.ToString(CultureInfo.InvariantCulture));
            }

            json.WriteNumber("step", metric.Step);
            json.WriteString("time", metric.Time!.Value);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, IEnumerable<KeyValuePair<string, string>> pairs)
    {
        json.WriteStartObject(name);
        foreach ((string key, string value) in pairs)
        {
            json.WriteString(key, value);
        }

        json.WriteEndObject();
    }
}
