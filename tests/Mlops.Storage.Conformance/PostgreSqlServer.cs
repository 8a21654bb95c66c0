using System.Collections.Concurrent;
using System.Data.Common;
using System.Diagnostics;
using NUnit.Framework;

namespace Mlops.Storage.Conformance;

/// <summary>
/// A throw-away PostgreSQL cluster of the test process, on a Unix socket in a temporary folder. Its server programs are looked for in PATH
/// and where Debian puts them; without them tests are ignored with the reason, but fail where <c>CI=true</c>.
/// </summary>
public sealed class PostgreSqlServer
{
    private const int Port = 5432;

    private static readonly Lazy<PostgreSqlServer?> Shared = new(Start);
    private static readonly ConcurrentDictionary<string, string> Known = new(StringComparer.Ordinal);
    private static int _databases;

    private readonly string _binaries;
    private readonly string _folder;

    private PostgreSqlServer(string binaries, string folder)
    {
        _binaries = binaries;
        _folder = folder;
    }

    /// <summary>
    /// Creates an empty database and returns its connection string. It is a schema of its own in a shared database: that takes a
    /// tenth of the time, and nothing that is tested looks beyond its search path.
    /// </summary>
    public static string CreateDatabase()
    {
        PostgreSqlServer? server = Shared.Value;
        if (server is null)
        {
            const string Reason = "PostgreSQL's initdb and pg_ctl were not found in PATH or /usr/lib/postgresql; install the package 'postgresql'.";
            if (Environment.GetEnvironmentVariable("CI") == "true")
            {
                Assert.Fail(Reason);
            }

            Assert.Ignore(Reason);
        }

        string name = $"test{Interlocked.Increment(ref _databases)}";
        server!.Psql("tests", $"CREATE SCHEMA {name}");
        return $"Host={server._folder};Port={Port};Username=mlops;Database=tests;Search Path={name}";
    }

    /// <summary>
    /// Creates an empty database whose texts are compared and lowered by the rules of another language, and returns its connection string. Where
    /// the server knows none, the test is ignored.
    /// </summary>
    /// <param name="locale">For example <c>tr</c>.</param>
    public static string CreateDatabase(string locale)
    {
        var connection = new DbConnectionStringBuilder { ConnectionString = CreateDatabase() };
        string name = $"locale{Interlocked.Increment(ref _databases)}";
        try
        {
            Running.Psql("postgres", $"CREATE DATABASE {name} TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE '{locale}'");
        }
        catch (InvalidOperationException)
        {
            Assert.Ignore("The server is older than 15 or built without ICU.");
        }

        connection.Remove("Search Path");
        connection["Database"] = name;
        return connection.ConnectionString;
    }

    /// <summary>The connection string that belongs to a test: of an empty database at the first call, of the same one at later calls.</summary>
    /// <param name="test">For example the test's own folder.</param>
    public static string DatabaseOf(string test) => Known.GetOrAdd(test, static _ => CreateDatabase());

    /// <summary>Runs a statement outside of any transaction, as the owner of everything.</summary>
    /// <param name="sql">For example CREATE TABLESPACE.</param>
    public static void Execute(string sql) => Running.Psql("tests", sql);

    /// <summary>Stops the server at once, as a crash would, and starts it again.</summary>
    /// <param name="synchronousCommit">What the server answers before a commit is on disk.</param>
    public static void CrashAndRestart(bool synchronousCommit = true)
    {
        Running.PgCtl("stop", "-m", "immediate");
        Restart(synchronousCommit);
    }

    /// <summary>Stops the server in good order: what it has committed stays. Nothing else may run beside a test that does this.</summary>
    public static void ShutDown() => Running.PgCtl("stop", "-m", "fast");

    /// <summary>Starts the server again.</summary>
    /// <param name="synchronousCommit">What the server answers before a commit is on disk.</param>
    public static void Restart(bool synchronousCommit = true) => Running.PgCtl("start", "-o", Running.Options(synchronousCommit));

    private static PostgreSqlServer Running => Shared.Value ?? throw new InvalidOperationException("The server was not started.");

    private static PostgreSqlServer? Start()
    {
        string? binaries = FindBinaries();
        if (binaries is null)
        {
            return null;
        }

        string folder = Directory.CreateTempSubdirectory("mlops-pg").FullName;
        if (Environment.UserName == "root")
        {
            // PostgreSQL refuses to run as root.
            Execute("chown", ["nobody", folder]);
        }

        var server = new PostgreSqlServer(binaries, folder);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => server.Stop();
        server.Run("initdb", "-D", $"{folder}/data", "-U", "mlops", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions");
        server.PgCtl("start", "-o", server.Options(synchronousCommit: true));
        try
        {
            // Not the order of bytes, so that a comparison that forgets its collation is noticed.
            server.Psql("postgres", "CREATE DATABASE tests TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en'");
        }
        catch (InvalidOperationException)
        {
            // Before version 15, or built without ICU.
            server.Psql("postgres", "CREATE DATABASE tests");
        }

        return server;
    }

    private static string? FindBinaries()
    {
        IEnumerable<string> path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        IEnumerable<string> debian = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").OrderDescending(StringComparer.Ordinal).Select(static version => Path.Combine(version, "bin"))
            : [];
        return debian.Concat(path).FirstOrDefault(static folder => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "pg_ctl")));
    }

    private string Options(bool synchronousCommit) =>
        $"-c listen_addresses= -p {Port} -k {_folder} -c fsync=off -c full_page_writes=off -c shared_buffers=32MB -c max_connections=200 -c deadlock_timeout=100ms -c synchronous_commit={(synchronousCommit ? "on" : "off")}";

    private void Psql(string database, string sql) =>
        Run("psql", "-h", _folder, "-p", $"{Port}", "-U", "mlops", "-d", database, "-q", "-c", sql);

    private void PgCtl(string action, params string[] arguments) =>
        Run("pg_ctl", ["-D", $"{_folder}/data", "-w", "-t", "30", "-l", $"{_folder}/log", .. arguments, action]);

    private void Stop()
    {
        try
        {
            PgCtl("stop", "-m", "immediate");
            Directory.Delete(_folder, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            // The process ends; the operating system cleans the temporary folder.
        }
    }

    private void Run(string program, params string[] arguments)
    {
        string path = Path.Combine(_binaries, program);
        if (Environment.UserName == "root")
        {
            Execute("runuser", ["-u", "nobody", "--", path, .. arguments]);
        }
        else
        {
            Execute(path, arguments);
        }
    }

    private static void Execute(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = "/", RedirectStandardError = true, RedirectStandardOutput = program.EndsWith("initdb", StringComparison.Ordinal) };
        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");

        // pg_ctl leaves its pipes to the server: only initdb's and psql's output may be read to its end.
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}.");
        }
    }
}
