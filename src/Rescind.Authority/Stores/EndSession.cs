namespace Rescind.Authority.Stores;

/// <summary>An act ended a session: its row remembers that when the act is forgotten. Changes nothing on one that is ended already.</summary>
internal sealed record EndSession(string Id, LogPosition By, long At) : Change;
