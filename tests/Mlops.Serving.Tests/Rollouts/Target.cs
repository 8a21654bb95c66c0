namespace Mlops.Serving.Tests;

/// <summary>A source that is told of decisions, and does not follow them by itself.</summary>
internal sealed class Target : IModelSource, IRolloutTarget
{
    public ModelPackage? Package { get; init; }

    public bool IsAway { get; set; }

    /// <summary>How long a load takes, once it has seen what there is.</summary>
    public Task Loading { get; set; } = Task.CompletedTask;

    public Exception Failure { get; init; } = new IOException("The registry is away.");

    public int Told { get; private set; }

    public async ValueTask<ModelPackage?> LoadAsync(string model, long maximumBytes, CancellationToken cancellationToken = default)
    {
        ModelPackage? seen = Package;
        await Loading;
        return seen;
    }

    public ValueTask PromoteAsync(RolloutRecord rollout, CancellationToken cancellationToken = default)
    {
        if (IsAway)
            throw Failure;
        Told++;
        return ValueTask.CompletedTask;
    }

    public int ToldBack { get; private set; }

    public ValueTask RollbackAsync(RolloutRecord rollout, CancellationToken cancellationToken = default)
    {
        ToldBack++;
        return ValueTask.CompletedTask;
    }
}
