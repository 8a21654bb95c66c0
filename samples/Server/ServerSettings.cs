using System.Data.Common;
using System.Net;
using Microsoft.AspNetCore.Http;

namespace Server;

/// <summary>Where the server listens and keeps its data.</summary>
internal sealed record ServerSettings
{
    private const string DefaultUrl = "http://127.0.0.1:5000";

    /// <summary><c>--urls URL</c>, or the environment's ASPNETCORE_URLS: addresses, which semicolons separate; null where the environment names ports instead.</summary>
    public required string? Urls { get; init; }

    /// <summary><c>--data DIR</c>: a folder for the SQLite database and the artifacts; default <c>mlops-server</c>.</summary>
    public required string Data { get; init; }

    /// <summary><c>--storage CONNECTION</c>, or the environment's MLOPS_STORAGE: a PostgreSQL connection string; null for SQLite.</summary>
    public required string? Storage { get; init; }

    /// <summary><c>--models DIR</c>: a folder of models that are served, laid out as <c>MODEL/VERSION/model.onnx</c>; null for none.</summary>
    public required string? Models { get; init; }

    /// <summary><c>--grpc URL</c>: where those models are served over gRPC, without TLS where it begins with <c>http:</c>; null for nowhere.</summary>
    public required string? Grpc { get; init; }

    public string SqliteConnection => new DbConnectionStringBuilder { ["Data Source"] = Path.Combine(Data, "mlops.db") }.ConnectionString;

    public string Artifacts => Path.Combine(Data, "artifacts");

    /// <exception cref="StartFailure">An address is none.</exception>
    public static ServerSettings From(IConfiguration configuration)
    {
        string? data = configuration["data"];
        string? storage = configuration["storage"] ?? Environment.GetEnvironmentVariable("MLOPS_STORAGE");
        bool hasPorts = configuration["http_ports"] is not null || configuration["https_ports"] is not null;
        string? urls = configuration["urls"] ?? (hasPorts ? null : DefaultUrl);
        foreach (string url in urls?.Split(';', StringSplitOptions.RemoveEmptyEntries) ?? [])
        {
            Check(url, "--urls");
        }

        string? models = NullIfBlank(configuration["models"]);
        string? grpc = NullIfBlank(configuration["grpc"]);
        if (models is not null && !Directory.Exists(models))
        {
            throw new StartFailure($"there is no folder of models '{models}'. Name one that holds MODEL/VERSION/model.onnx with --models.");
        }

        if (grpc is not null)
        {
            Check(grpc, "--grpc");
            if (models is null)
            {
                throw new StartFailure("there is nothing to serve at the address of --grpc. Name a folder of models with --models.");
            }
        }

        return new ServerSettings
        {
            Urls = urls,
            Data = Path.GetFullPath(string.IsNullOrWhiteSpace(data) ? "mlops-server" : data),
            Storage = NullIfBlank(storage),
            Models = models is null ? null : Path.GetFullPath(models),
            Grpc = grpc,
        };
    }

    /// <exception cref="StartFailure">They cannot be created.</exception>
    public void CreateFolders()
    {
        try
        {
            Directory.CreateDirectory(Data);
            if (Storage is not null)
            {
                Directory.CreateDirectory(Artifacts);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StartFailure($"its folder {Data} cannot be created ({exception.Message}). Choose one that you may write to with --data.");
        }
    }

    private static string? NullIfBlank(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;

    private static void Check(string url, string argument)
    {
        try
        {
            if (BindingAddress.Parse(url).Port is >= 0 and <= IPEndPoint.MaxPort)
            {
                return;
            }
        }
        catch (FormatException)
        {
        }

        throw new StartFailure($"'{url}' is no address to listen at; one is for example {DefaultUrl}, with a port up to {IPEndPoint.MaxPort}. Give it with {argument}.");
    }
}
