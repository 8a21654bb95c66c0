using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;

namespace Mlops.Registry;

/// <summary>The watchers of one alias: who holds its current token learns of the next change, once.</summary>
internal sealed class AliasWatch(string model, string alias, ILogger logger, Action forget) : IDisposable
{
    private readonly Lock _gate = new();
    private CancellationTokenSource _next = new();
    private AliasPosition? _seen;

    public string Model { get; } = model;

    public string Alias { get; } = alias;

    public IChangeToken Token
    {
        get
        {
            lock (_gate)
            {
                return new CancellationChangeToken(_next.Token);
            }
        }
    }

    /// <summary>Tokens that are out never fire any more.</summary>
    public void Dispose() => _next.Dispose();

    /// <summary>A reader has seen the alias there, so that only what follows is news to it.</summary>
    public void Observe(AliasPosition position)
    {
        lock (_gate)
        {
            if (_seen is null)
            {
                _seen = position;
                return;
            }
        }

        Raise(position);
    }

    /// <summary>The alias is there. Without anything seen before it may be news, and is said to be.</summary>
    public void Raise(AliasPosition position)
    {
        CancellationTokenSource fired;
        lock (_gate)
        {
            if (_seen is { } seen && !position.IsNewsAfter(seen))
            {
                return;
            }

            _seen = position;
            fired = _next;
            _next = new CancellationTokenSource();
        }

        // Before the callbacks, which go and read.
        forget();

        // Callbacks are foreign code: neither the change nor the poll waits for them or fails with them.
        _ = Task.Run(() =>
        {
            try
            {
                fired.Cancel();
            }
            catch (Exception exception)
            {
                logger.CallbackFailed(exception, Model, Alias);
            }
        });
    }
}
