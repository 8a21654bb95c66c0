using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Mlops.Storage.Conformance;

/// <summary>An object store on a free port of loopback: s3rver or Azurite, in the versions that <c>tests/emulators</c> locks, see <see cref="NodePackages"/>.</summary>
public sealed class ObjectStoreEmulator : IDisposable
{
    /// <summary>The bucket that the S3 emulator has from the start.</summary>
    public const string Bucket = "mlops";

    /// <summary>Key and secret of the S3 emulator.</summary>
    public const string S3Key = "S3RVER";

    private const int Ports = 5;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly Lazy<string> Modules = new(static () => Path.Combine(NodePackages.InstallAsync(Source).GetAwaiter().GetResult(), "node_modules"));

    private readonly ProcessStartInfo _start;
    private readonly string _folder;
    private Process _process;

    private ObjectStoreEmulator(ProcessStartInfo start, string folder, int port)
    {
        _start = start;
        _folder = folder;
        Url = $"http://127.0.0.1:{port}";
        _process = Run();
    }

    /// <summary>Where it listens.</summary>
    public string Url { get; }

    /// <summary>What a client of the Azure emulator connects with; the account and its key are those that every Azurite has.</summary>
    public string AzureConnectionString =>
        "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;"
        + $"BlobEndpoint={Url}/devstoreaccount1;";

    /// <summary>Starts s3rver with an empty bucket.</summary>
    public static ObjectStoreEmulator StartS3() => Start(
        "s3rver", "s3rver/bin/s3rver.js", static (folder, port) => ["-d", folder, "-a", "127.0.0.1", "-p", $"{port}", "--silent", "--no-vhost-buckets", "--configure-bucket", Bucket]);

    /// <summary>Starts Azurite with an empty account.</summary>
    public static ObjectStoreEmulator StartAzureBlobs() => Start(
        "azurite", "azurite/dist/src/blob/main.js",
        static (folder, port) => ["--blobHost", "127.0.0.1", "--blobPort", $"{port}", "-l", folder, "--silent", "--disableTelemetry", "--skipApiVersionCheck"]);

    /// <summary>Stops it at once, as a crash would.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    /// <summary>Starts it again after it was killed, with what it had and where it was.</summary>
    public void Restart()
    {
        _process.Dispose();
        _process = Run();
        if (!Answers())
        {
            throw new InvalidOperationException($"The emulator did not start again at {Url}.");
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            Kill();
        }

        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static ObjectStoreEmulator Start(string name, string script, Func<string, int, string[]> arguments)
    {
        for (int attempt = 1; ; attempt++)
        {
            string folder = Directory.CreateTempSubdirectory($"mlops-{name}").FullName;
            int port = FreePort();
            var start = new ProcessStartInfo("node", ["--require", Path.Combine(Source, "exit-with-parent.js"), Path.Combine(Modules.Value, script), .. arguments(folder, port)])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = folder,
            };
            var emulator = new ObjectStoreEmulator(start, folder, port);
            if (emulator.Answers())
            {
                return emulator;
            }

            emulator.Dispose();
            if (attempt == Ports)
            {
                throw new InvalidOperationException($"{name} did not start on any of {Ports} free ports.");
            }
        }
    }

    private Process Run()
    {
        Process process = Process.Start(_start)!;

        // Read, so that a full pipe does not stop it.
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private static string Root { get; } = FindRoot();

    private static string Source => Path.Combine(Root, "tests", "emulators");

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Mlops.Libraries.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} holds Mlops.Libraries.sln.");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Any answer will do; false when the process ended, for example because the port was taken meanwhile.</summary>
    private bool Answers()
    {
        using var client = new HttpClient();
        long started = Stopwatch.GetTimestamp();
        while (!_process.HasExited && Stopwatch.GetElapsedTime(started) < Patience)
        {
            try
            {
                using HttpResponseMessage answer = client.Send(new HttpRequestMessage(HttpMethod.Get, Url));
                return !_process.HasExited;
            }
            catch (HttpRequestException)
            {
                Thread.Sleep(50);
            }
        }

        return false;
    }
}
