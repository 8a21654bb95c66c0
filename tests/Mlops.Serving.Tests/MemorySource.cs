using Microsoft.Extensions.Primitives;

namespace Mlops.Serving.Tests;

/// <summary>A source whose content the test sets.</summary>
#pragma warning disable CA1001 // a token source without a timer holds nothing
internal sealed class MemorySource : IModelSource
{
    private CancellationTokenSource _changed = new();

    public ModelPackage? Package { get; set; }

    public Exception? Failure { get; set; }

    public int Loads { get; private set; }

    public long MaximumBytes { get; private set; }

    public Action? OnLoad { get; init; }

    public static MemorySource Of(params float[] numbers) => new() { Package = Version(1, numbers) };

    public static ModelPackage Version(long number, params float[] numbers) => new() { Content = LinearRuntime.File(numbers), Version = number };

    public ValueTask<ModelPackage?> LoadAsync(string model, long maximumBytes, CancellationToken cancellationToken = default)
    {
        Loads++;
        MaximumBytes = maximumBytes;
        OnLoad?.Invoke();
        return Failure is null ? ValueTask.FromResult(Package) : ValueTask.FromException<ModelPackage?>(Failure);
    }

    public IChangeToken? Watch(string model) => new CancellationChangeToken(_changed.Token);

    public void Fire() => Interlocked.Exchange(ref _changed, new CancellationTokenSource()).Cancel();
}
