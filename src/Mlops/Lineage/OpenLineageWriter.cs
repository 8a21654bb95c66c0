using System.Buffers;
using System.Text.Json;

namespace Mlops;

/// <summary>The parts that OpenLineage events share: the event itself, jobs, runs, facets and datasets.</summary>
/// <param name="namespace">Of jobs, and of data that has no address.</param>
/// <param name="producer">Who says so.</param>
internal sealed class OpenLineageWriter(string @namespace, Uri producer) : IDisposable
{
    private const string Schema = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent";
    private const string Facets = "https://openlineage.io/spec/facets";

    private readonly ArrayBufferWriter<byte> _buffer = new();
    private Utf8JsonWriter? _json;

    public Utf8JsonWriter Json => _json ??= new Utf8JsonWriter(_buffer);

    /// <summary>Begins the event: <paramref name="type"/> is START, COMPLETE, FAIL or ABORT.</summary>
    public void Begin(string type, DateTimeOffset time)
    {
        Json.WriteStartObject();
        Json.WriteString("eventType", type);
        Json.WriteString("eventTime", time);
        Json.WriteString("producer", producer.OriginalString);
        Json.WriteString("schemaURL", Schema);
    }

    /// <summary>Ends the event.</summary>
    public ReadOnlyMemory<byte> End()
    {
        Json.WriteEndObject();
        Json.Flush();
        return _buffer.WrittenMemory;
    }

    /// <param name="id">32 hexadecimal digits.</param>
    public void WriteRunId(string id) => Json.WriteString("runId", Guid.ParseExact(id, "N"));

    public void WriteJob(string name)
    {
        Json.WriteStartObject("job");
        WriteJobName(name);
        Json.WriteEndObject();
    }

    public void WriteJobName(string name)
    {
        Json.WriteString("namespace", @namespace);
        Json.WriteString("name", name);
    }

    /// <summary>The facet of a run that belongs to another one.</summary>
    public void WriteParent(string runId, string job)
    {
        BeginFacet("parent", "1-0-1/ParentRunFacet.json#/$defs/ParentRunFacet");
        Json.WriteStartObject("run");
        WriteRunId(runId);
        Json.WriteEndObject();
        WriteJob(job);
        Json.WriteEndObject();
    }

    /// <summary>Begins a facet with what all have.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="schema">Version, file and definition, as in <c>1-0-0/XFacet.json#/$defs/XFacet</c>.</param>
    public void BeginFacet(string name, string schema)
    {
        Json.WriteStartObject(name);
        Json.WriteString("_producer", producer.OriginalString);
        Json.WriteString("_schemaURL", $"{Facets}/{schema}");
    }

    /// <summary>By OpenLineage's naming the namespace of a dataset is where it lives, and its name the path there.</summary>
    /// <param name="uri">Where it lives; null or anything that is no address for a name of ours.</param>
    /// <param name="name">Its name where it has no address.</param>
    public void WriteDatasetName(string? uri, string name)
    {
        if (Uri.TryCreate(uri, UriKind.Absolute, out Uri? address) && address.AbsolutePath.Length > 1 && (address.IsFile || address.Authority.Length > 0))
        {
            Json.WriteString("namespace", address.IsFile ? "file" : $"{address.Scheme}://{address.Authority}");
            Json.WriteString("name", address.AbsolutePath);
        }
        else
        {
            Json.WriteString("namespace", @namespace);
            Json.WriteString("name", name);
        }
    }

    /// <summary>The facets of a dataset whose content is known.</summary>
    public void WriteVersion(string version)
    {
        Json.WriteStartObject("facets");
        BeginFacet("version", "1-0-0/DatasetVersionDatasetFacet.json#/$defs/DatasetVersionDatasetFacet");
        Json.WriteString("datasetVersion", version);
        Json.WriteEndObject();
        Json.WriteEndObject();
    }

    public void Dispose() => _json?.Dispose();
}
