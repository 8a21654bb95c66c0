namespace Server;

/// <summary>Where the server keeps its data.</summary>
internal sealed record ServerSettings
{
    /// <summary><c>--data DIR</c>: a folder for the SQLite database and the artifacts; default <c>mlops-server</c>.</summary>
    public required string Data { get; init; }

    /// <summary><c>--storage CONNECTION</c>, or the environment's MLOPS_STORAGE: a PostgreSQL connection string; null for SQLite.</summary>
    public required string? Storage { get; init; }

    public string SqliteConnection => $"Data Source={Path.Combine(Data, "mlops.db")}";

    public string Artifacts => Path.Combine(Data, "artifacts");

    public static ServerSettings From(IConfiguration configuration)
    {
        string? data = configuration["data"];
        string? storage = configuration["storage"] ?? Environment.GetEnvironmentVariable("MLOPS_STORAGE");
        return new ServerSettings
        {
            Data = Path.GetFullPath(string.IsNullOrWhiteSpace(data) ? "mlops-server" : data),
            Storage = string.IsNullOrWhiteSpace(storage) ? null : storage,
        };
    }
}
