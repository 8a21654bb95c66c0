using System.Text;
using System.Text.Json;

namespace Mlops.Mlflow.Tests;

/// <summary>A body that knows how long the longest part was that it was given at once.</summary>
internal sealed class PartsStream : MemoryStream
{
    public int LongestPart { get; private set; }

    public string Text => Encoding.UTF8.GetString(GetBuffer(), 0, (int)Length);

    public JsonElement Json => JsonDocument.Parse(Text).RootElement;

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        LongestPart = Math.Max(LongestPart, buffer.Length);
        return base.WriteAsync(buffer, cancellationToken);
    }
}
