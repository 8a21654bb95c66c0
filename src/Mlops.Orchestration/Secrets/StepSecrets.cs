using System.Text;
using System.Text.Json;

namespace Mlops.Orchestration;

/// <summary>The secrets that one attempt has read, and what keeps them out of everything that is stored or shown.</summary>
internal sealed class StepSecrets(ISecretSource? source)
{
    private const string Mask = "***";

    /// <summary>Shorter values would blacken half of every text.</summary>
    private const int MinimumLength = 4;

    // Replaced as a whole: read without a lock from whatever thread logs.
    private (string Name, string Value)[] _known = [];

    public bool IsEmpty => Volatile.Read(ref _known).Length == 0;

    public async ValueTask<string> GetAsync(string name, string step, CancellationToken cancellationToken)
    {
        if (source is null)
        {
            throw new PermanentStepException($"Step '{step}' reads the secret '{name}', but the worker has no source of secrets: pass an ISecretSource.");
        }

        string value = await source.FindAsync(name, cancellationToken).ConfigureAwait(false)
            ?? throw new PermanentStepException($"Step '{step}' reads the secret '{name}', but its source has none: with the host's configuration, set Mlops:Secrets:{name}.");
        if (value.Length >= MinimumLength)
        {
            Remember(name, value);
        }

        return value;
    }

    /// <summary>A text without the values.</summary>
    public string Redact(string text)
    {
        foreach ((_, string value) in Volatile.Read(ref _known))
        {
            text = text.Replace(value, Mask, StringComparison.Ordinal);
        }

        return text;
    }

    /// <summary>Refuses a text that would be stored with a secret in it.</summary>
    /// <exception cref="PermanentStepException">It holds one.</exception>
    public void RequireNone(string text, string what)
    {
        foreach ((string name, string value) in Volatile.Read(ref _known))
        {
            if (text.Contains(value, StringComparison.Ordinal))
            {
                throw Found(name, what);
            }
        }
    }

    /// <summary>Refuses JSON that would be stored with a secret in it, however its strings are escaped.</summary>
    /// <exception cref="PermanentStepException">It holds one.</exception>
    public void RequireNone(byte[] json, string what)
    {
        foreach ((string name, string value) in Volatile.Read(ref _known))
        {
            if (json.AsSpan().IndexOf(Encoding.UTF8.GetBytes(value)) >= 0 || HasEscaped(json, value))
            {
                throw Found(name, what);
            }
        }
    }

    /// <summary>Whether a string that is escaped, and therefore not found by its bytes, holds the value.</summary>
    private static bool HasEscaped(byte[] json, string value)
    {
        if (json.Length == 0)
        {
            return false;
        }

        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = int.MaxValue });
        while (reader.Read())
        {
            if (reader is { ValueIsEscaped: true, TokenType: JsonTokenType.String or JsonTokenType.PropertyName }
                && reader.GetString()!.Contains(value, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    private static PermanentStepException Found(string name, string what) => new($"{what} holds the secret '{name}' and is not stored; leave it out.");

    private void Remember(string name, string value)
    {
        (string Name, string Value)[] known = Volatile.Read(ref _known);
        while (!known.Contains((name, value)))
        {
            // The longest first: one value may be part of another.
            (string Name, string Value)[] next = [.. known.Append((Name: name, Value: value)).OrderByDescending(static secret => secret.Value.Length)];
            (string Name, string Value)[] seen = Interlocked.CompareExchange(ref _known, next, known);
            if (ReferenceEquals(seen, known))
            {
                return;
            }

            known = seen;
        }
    }
}
