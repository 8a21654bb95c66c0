using System.Data.Common;
using System.Globalization;
using Npgsql;

namespace Mlops.Storage.PostgreSql;

/// <summary>
/// Reads connection strings. What is wrong with one is said in our own words, without the driver's exception: its messages quote parts of the
/// text, and where a quotation mark or a semicolon is missing those are parts of the password.
/// </summary>
internal static class ConnectionText
{
    private const string Example = "use for example 'Host=localhost;Username=mlops;Database=mlops'.";

    /// <exception cref="ArgumentException">The text does not parse or names no host.</exception>
    public static NpgsqlConnectionStringBuilder Parse(string connectionString)
    {
        ArgumentNullException.ThrowIfNull(connectionString);
        NpgsqlConnectionStringBuilder builder;
        try
        {
            builder = new NpgsqlConnectionStringBuilder(connectionString);
        }
        catch (ArgumentException)
        {
            throw Refuse(FindProblem(connectionString), nameof(connectionString));
        }

        return string.IsNullOrEmpty(builder.Host) ? throw Refuse("it names no Host", nameof(connectionString)) : builder;
    }

    /// <exception cref="ArgumentException">The settings do not go together.</exception>
    public static NpgsqlDataSource Build(NpgsqlConnectionStringBuilder connectionString)
    {
        try
        {
            // The slim builder keeps what Native AOT can drop; without transport security it would refuse servers that ask for TLS.
            return new NpgsqlSlimDataSourceBuilder(connectionString.ConnectionString)
                .EnableTransportSecurity()
                .UsePhysicalConnectionInitializer(
                    static connection =>
                    {
                        using NpgsqlCommand command = WithoutCompiler(connection);
                        command.ExecuteNonQuery();
                    },
                    static async connection =>
                    {
                        NpgsqlCommand command = WithoutCompiler(connection);
                        await using (command.ConfigureAwait(false))
                        {
                            await command.ExecuteNonQueryAsync().ConfigureAwait(false);
                        }
                    })
                .Build();
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or OverflowException or NotSupportedException)
        {
            throw Refuse("its settings exclude each other (pool sizes, for example), or a port in Host is no number", nameof(connectionString));
        }
    }

    /// <summary>
    /// The server compiles what it estimates to be long, at every run anew: of queries over ten thousand runs that takes longer than the
    /// query. Asked for as a setting of the session, because poolers refuse options of connections; servers that have no compiler do nothing.
    /// </summary>
    private static NpgsqlCommand WithoutCompiler(NpgsqlConnection connection) =>
        new("SELECT set_config(name, 'off', false) FROM pg_catalog.pg_settings WHERE name = 'jit'", connection);

    private static string FindProblem(string connectionString)
    {
        DbConnectionStringBuilder settings = [];
        try
        {
            settings.ConnectionString = connectionString;
        }
        catch (ArgumentException)
        {
            return "it is no list of Name=Value joined by semicolons; a value that has a semicolon, an equals sign or a quotation mark stands in quotation marks";
        }

        int number = 0;
        foreach (string name in settings.Keys)
        {
            number++;
            NpgsqlConnectionStringBuilder alone = [];
            if (!alone.ContainsKey(name))
            {
                return string.Create(
                    CultureInfo.InvariantCulture,
                    $"setting {number} of {settings.Count} has a name that Npgsql does not know; it may be a piece of a value that needs quotation marks");
            }

            try
            {
                alone[name] = settings[name];
            }
            catch (ArgumentException)
            {
                return $"the value of '{name}' is none that it can have";
            }
        }

        return "its settings exclude each other";
    }

    private static ArgumentException Refuse(string problem, string parameter) => new($"Not a PostgreSQL connection string: {problem}; {Example}", parameter);
}
