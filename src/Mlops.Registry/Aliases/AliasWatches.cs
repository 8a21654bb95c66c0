using System.Collections.Concurrent;
using Microsoft.Extensions.Primitives;

namespace Mlops.Registry;

/// <summary>Change tokens by alias; each fires once.</summary>
internal sealed class AliasWatches
{
    private readonly ConcurrentDictionary<(string Model, string Alias), CancellationTokenSource> _sources = new();

    public IChangeToken Watch(string model, string alias) =>
        new CancellationChangeToken(_sources.GetOrAdd((model, alias), static _ => new CancellationTokenSource()).Token);

    public void Fire(string model, string alias)
    {
        if (_sources.TryRemove((model, alias), out CancellationTokenSource? source))
        {
            // Not disposed: a watcher may be about to register with its token.
            source.Cancel();
        }
    }
}
