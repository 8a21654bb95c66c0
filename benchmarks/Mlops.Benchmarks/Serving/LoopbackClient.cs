using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Mlops.Benchmarks.Serving;

/// <summary>Sends one request again and again over one connection, and does as little besides as it can.</summary>
internal sealed class LoopbackClient(int port, byte[] request)
{
    private static readonly byte[] LengthHeader = "\r\nContent-Length: "u8.ToArray();

    /// <summary>Returns how many requests were answered.</summary>
    public long RunUntil(Func<bool> isOver)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(IPAddress.Loopback, port);
        byte[] buffer = new byte[16 * 1_024];
        long answers = 0;
        while (!isOver())
        {
            socket.Send(request);
            Receive(socket, buffer);
            answers++;
        }

        return answers;
    }

    private static void Receive(Socket socket, byte[] buffer)
    {
        int read = 0;
        while (true)
        {
            int more = socket.Receive(buffer.AsSpan(read));
            if (more == 0)
                throw new IOException("The server closed the connection.");
            read += more;
            ReadOnlySpan<byte> seen = buffer.AsSpan(0, read);
            int end = seen.IndexOf("\r\n\r\n"u8);
            if (end < 0)
                continue;
            if (!seen.StartsWith("HTTP/1.1 200"u8))
                throw new InvalidDataException(Encoding.UTF8.GetString(seen));

            ReadOnlySpan<byte> length = seen[(seen.IndexOf(LengthHeader) + LengthHeader.Length)..];
            length = length[..length.IndexOf((byte)'\r')];
            if (read >= end + 4 + int.Parse(length, NumberStyles.None, CultureInfo.InvariantCulture))
                return;
        }
    }
}
