using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;

namespace Mlops.Registry;

/// <summary>The watchers of one alias: who holds its current token learns of the next change, once.</summary>
internal sealed class AliasWatch(string model, string alias, ILogger logger, Action forget) : IDisposable
{
    private readonly Lock _gate = new();
    private CancellationTokenSource _next = new();
    private long? _seen;

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

    /// <summary>A reader has seen this change, so that only later ones are news to it.</summary>
    public void Observe(long sequence)
    {
        lock (_gate)
        {
            if (_seen is null)
            {
                _seen = sequence;
                return;
            }
        }

        Raise(sequence);
    }

    /// <summary>The alias is at this change. Without anything seen before it may be news, and is said to be.</summary>
    public void Raise(long sequence)
    {
        CancellationTokenSource fired;
        lock (_gate)
        {
            // 0 behind a higher number: the alias is gone, because its model was renamed.
            if (_seen is { } seen && (sequence == 0 ? seen == 0 : sequence <= seen))
            {
                return;
            }

            _seen = sequence;
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
