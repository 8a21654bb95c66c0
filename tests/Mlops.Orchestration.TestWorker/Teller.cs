using System.Security.Cryptography;
using System.Text;
using Mlops.Storage;

namespace Mlops.Orchestration.TestWorker;

/// <summary>Hears of everything and writes a line of id and hash into a file for each message that it is sent. Reaches a point before, and one after.</summary>
public sealed class Teller(string file, Action<string> reach) : IOutboxReceiver
{
    /// <summary>Claimed durably and not sent.</summary>
    public const string Claimed = "OutboxClaimed";

    /// <summary>Sent, and still in the outbox.</summary>
    public const string Sent = "OutboxSent";

    public string Name => "teller";

    public bool Takes(string topic) => true;

    public async Task ReceiveAsync(OutboxMessage message, CancellationToken cancellationToken = default)
    {
        reach(Claimed);
        string line = $"{message.Id}\t{Convert.ToHexStringLower(SHA256.HashData(message.Payload.Span))}\n";

        // One write: it is in the file or it is not.
        await using (var stream = new FileStream(file, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0))
        {
            await stream.WriteAsync(Encoding.UTF8.GetBytes(line), cancellationToken);
        }

        reach(Sent);
    }
}
