using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Mlops.Webhooks.Tests;

/// <summary>A receiver on this machine that keeps each request and answers the bytes it was told, one request for each connection.</summary>
internal sealed class LoopbackTarget : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, port: 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<int, NetworkStream, CancellationToken, Task> _answer;
    private readonly Task _loop;
    private int _count;

    /// <summary>Starts a target.</summary>
    /// <param name="answer">Answers the request of that number, from 0.</param>
    public LoopbackTarget(Func<int, NetworkStream, CancellationToken, Task> answer)
    {
        _answer = answer;
        _listener.Start();
        Url = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/hook?token=secret");
        _loop = AcceptAsync();
    }

    public Uri Url { get; }

    public ConcurrentQueue<LoopbackRequest> Requests { get; } = [];

    /// <summary>A target that answers these statuses, the last one for ever.</summary>
    public static LoopbackTarget Answering(params string[] heads) => new((request, stream, token) =>
        WriteAsync(stream, $"HTTP/1.1 {heads[Math.Min(request, heads.Length - 1)]}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", token));

    /// <summary>A target that takes requests and never answers.</summary>
    public static LoopbackTarget Hanging() => new(static (_, _, token) => Task.Delay(Timeout.Infinite, token));

    public static async Task WriteAsync(NetworkStream stream, string text, CancellationToken token) => await stream.WriteAsync(Encoding.ASCII.GetBytes(text), token);

    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
            return;
        await _stop.CancelAsync();
        await _loop;
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> served = [];
        try
        {
            while (!_stop.IsCancellationRequested)
                served.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }

        await Task.WhenAll(served);
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            using (client)
            {
                NetworkStream stream = client.GetStream();
                Requests.Enqueue(await ReadAsync(stream, _stop.Token));
                await _answer(Interlocked.Increment(ref _count) - 1, stream, _stop.Token);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
            // The sender hung up, or the test is over.
        }
    }

    private static async Task<LoopbackRequest> ReadAsync(NetworkStream stream, CancellationToken token)
    {
        List<byte> bytes = [];
        byte[] one = new byte[1];
        while (bytes.Count < 4 || Encoding.ASCII.GetString([.. bytes[^4..]]) != "\r\n\r\n")
        {
            if (await stream.ReadAsync(one, token) == 0)
                throw new IOException("The sender hung up.");
            bytes.Add(one[0]);
        }

        string[] lines = Encoding.ASCII.GetString([.. bytes]).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Dictionary<string, string> headers = new(StringComparer.OrdinalIgnoreCase);
        foreach (string line in lines[1..])
            headers[line[..line.IndexOf(':', StringComparison.Ordinal)]] = line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
        byte[] body = new byte[int.Parse(headers["Content-Length"], CultureInfo.InvariantCulture)];
        await stream.ReadExactlyAsync(body, token);
        return new LoopbackRequest(lines[0], headers, body);
    }
}

/// <summary>What a sender sent.</summary>
internal sealed record LoopbackRequest(string Line, IReadOnlyDictionary<string, string> Headers, byte[] Body);
