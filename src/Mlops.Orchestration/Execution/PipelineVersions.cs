namespace Mlops.Orchestration;

/// <summary>The graphs of this process and the ids that the database has for them.</summary>
internal sealed class PipelineVersions(IReadOnlyList<PipelineGraph> graphs, IReadOnlyList<long> ids)
{
    private readonly Dictionary<long, PipelineGraph> _byId = graphs.Zip(ids).ToDictionary(static pair => pair.Second, static pair => pair.First);
    private readonly Dictionary<PipelineGraph, long> _byGraph = graphs.Zip(ids).ToDictionary(static pair => pair.First, static pair => pair.Second);

    public IReadOnlyList<long> Ids { get; } = ids;

    public PipelineGraph GraphOf(long id) => _byId[id];

    public long IdOf(PipelineGraph graph) => _byGraph[graph];
}
