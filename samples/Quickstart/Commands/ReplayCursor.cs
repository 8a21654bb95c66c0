using Microsoft.Data.Sqlite;

namespace Quickstart;

/// <summary>How far a running or killed replay has come, read from its database.</summary>
public static class ReplayCursor
{
    /// <summary>Finished trials plus closed days; 0 while there is no database that can be read.</summary>
    public static int Read(string folder)
    {
        string file = Path.Combine(folder, "mlops.db");
        if (!File.Exists(file))
            return 0;
        try
        {
            using var connection = new SqliteConnection($"Data Source={file};Mode=ReadOnly;Pooling=False");
            connection.Open();
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText =
                "SELECT (SELECT COUNT(*) FROM tuning_trial WHERE finished IS NOT NULL) + (SELECT COUNT(*) FROM quickstart_day WHERE day_end IS NOT NULL)";
            return (int)(long)command.ExecuteScalar()!;
        }
        catch (SqliteException)
        {
            return 0;
        }
    }
}
