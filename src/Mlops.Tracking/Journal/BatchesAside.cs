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

    // More than a journal holds in what it stores, and so asks about again, at once.
    private const int RememberedLosses = 32_768;

    private readonly Lock _gate = new();
    private readonly HashSet<(long Writer, long Sequence)> _lost = [];
    private readonly string _folder = Path.Combine(journal, name);
    private long? _bytes;

    /// <summary>The folder's own name.</summary>
    public string Name => name;

    /// <summary>Keeps a batch, as durably as the journal did. One that was given before, because the store failed at another meanwhile, changes nothing.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="why">What the store said, without anything of the batch.</param>
    /// <exception cref="StorageException">The file cannot be written.</exception>
    public BatchAside Keep(RunAppend batch, string why)
    {
        string path = Path.Combine(_folder, string.Create(CultureInfo.InvariantCulture, $"{batch.Writer:x16}-{batch.Sequence}{Extension}"));
        lock (_gate)
        {
            try
            {
                disk.CreateFolder(_folder);
                if (File.Exists(path))
                {
                    // Whoever named it may have died before the name was flushed.
                    disk.FlushFolder(_folder);
                    return BatchAside.Known;
                }

                // Whoever has looked at the files removes them: before a batch is lost, they are counted again.
                _bytes = _bytes < maximumBytes ? _bytes : new DirectoryInfo(_folder).EnumerateFiles("*" + Extension).Sum(static file => file.Length);
                if (_bytes >= maximumBytes)
                {
                    return Lose(batch);
                }

                _bytes += Write(path, batch, why);
                return BatchAside.Kept;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw new StorageException(
                    $"Setting aside a batch of run {batch.RunId} in '{_folder}': {exception.Message} Give this process the right to write there, and room.", exception);
            }
        }
    }

    private BatchAside Lose(RunAppend batch)
    {
        if (_lost.Count >= RememberedLosses)
        {
            _lost.Clear();
        }

        return _lost.Add((batch.Writer, batch.Sequence)) ? BatchAside.Lost : BatchAside.Known;
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

/// <summary>What became of a batch that was to be kept.</summary>
internal enum BatchAside
{
    /// <summary>It is in its file.</summary>
    Kept,

    /// <summary>The folder is full.</summary>
    Lost,

    /// <summary>Its being kept, or lost, was told before.</summary>
    Known,
}
