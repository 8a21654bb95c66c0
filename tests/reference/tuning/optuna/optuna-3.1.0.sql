-- Written by Optuna 3.1.0 through SQLAlchemy: see write.py.
BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('v3.0.0.d');
CREATE TABLE studies (
	study_id INTEGER NOT NULL, 
	study_name VARCHAR(512) NOT NULL, 
	PRIMARY KEY (study_id)
);
INSERT INTO "studies" VALUES(1,'svm');
INSERT INTO "studies" VALUES(2,'two');
INSERT INTO "studies" VALUES(3,'old');
CREATE TABLE study_directions (
	study_direction_id INTEGER NOT NULL, 
	direction VARCHAR(8) NOT NULL, 
	study_id INTEGER NOT NULL, 
	objective INTEGER NOT NULL, 
	PRIMARY KEY (study_direction_id), 
	UNIQUE (study_id, objective), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
INSERT INTO "study_directions" VALUES(1,'MAXIMIZE',1,0);
INSERT INTO "study_directions" VALUES(2,'MINIMIZE',2,0);
INSERT INTO "study_directions" VALUES(3,'MAXIMIZE',2,1);
INSERT INTO "study_directions" VALUES(4,'MINIMIZE',3,0);
CREATE TABLE study_system_attributes (
	study_system_attribute_id INTEGER NOT NULL, 
	study_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (study_system_attribute_id), 
	UNIQUE (study_id, "key"), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
CREATE TABLE study_user_attributes (
	study_user_attribute_id INTEGER NOT NULL, 
	study_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (study_user_attribute_id), 
	UNIQUE (study_id, "key"), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
INSERT INTO "study_user_attributes" VALUES(1,1,'owner','"somebody"');
CREATE TABLE trial_heartbeats (
	trial_heartbeat_id INTEGER NOT NULL, 
	trial_id INTEGER NOT NULL, 
	heartbeat DATETIME NOT NULL, 
	PRIMARY KEY (trial_heartbeat_id), 
	UNIQUE (trial_id), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_heartbeats" VALUES(1,1,'2026-11-28 09:26:33');
INSERT INTO "trial_heartbeats" VALUES(2,2,'2026-11-28 09:26:33');
INSERT INTO "trial_heartbeats" VALUES(3,3,'2026-11-28 09:26:33');
INSERT INTO "trial_heartbeats" VALUES(4,4,'2026-11-28 09:26:33');
INSERT INTO "trial_heartbeats" VALUES(5,5,'2026-11-28 09:26:33');
INSERT INTO "trial_heartbeats" VALUES(6,6,'2026-11-28 09:26:33');
INSERT INTO "trial_heartbeats" VALUES(7,7,'2026-11-28 09:26:33');
INSERT INTO "trial_heartbeats" VALUES(8,8,'2026-11-28 09:26:33');
INSERT INTO "trial_heartbeats" VALUES(9,9,'2026-11-28 09:26:33');
INSERT INTO "trial_heartbeats" VALUES(10,12,'2026-11-28 09:26:33');
INSERT INTO "trial_heartbeats" VALUES(11,13,'2026-11-28 09:26:33');
INSERT INTO "trial_heartbeats" VALUES(12,14,'2026-11-28 09:26:33');
INSERT INTO "trial_heartbeats" VALUES(13,15,'2026-11-28 09:26:33');
CREATE TABLE trial_intermediate_values (
	trial_intermediate_value_id INTEGER NOT NULL, 
	trial_id INTEGER NOT NULL, 
	step INTEGER NOT NULL, 
	intermediate_value FLOAT, 
	intermediate_value_type VARCHAR(7) NOT NULL, 
	PRIMARY KEY (trial_intermediate_value_id), 
	UNIQUE (trial_id, step), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_intermediate_values" VALUES(1,1,0,0.25,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(2,1,1,NULL,'NAN');
INSERT INTO "trial_intermediate_values" VALUES(3,1,3,NULL,'INF_POS');
INSERT INTO "trial_intermediate_values" VALUES(4,1,4,NULL,'INF_NEG');
INSERT INTO "trial_intermediate_values" VALUES(5,1,7,3.5,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(6,2,0,0.25,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(7,2,1,NULL,'NAN');
INSERT INTO "trial_intermediate_values" VALUES(8,2,3,NULL,'INF_POS');
INSERT INTO "trial_intermediate_values" VALUES(9,2,4,NULL,'INF_NEG');
INSERT INTO "trial_intermediate_values" VALUES(10,2,7,7.8317841834334589457e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(11,3,0,0.25,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(12,3,1,NULL,'NAN');
INSERT INTO "trial_intermediate_values" VALUES(13,3,3,NULL,'INF_POS');
INSERT INTO "trial_intermediate_values" VALUES(14,3,4,NULL,'INF_NEG');
INSERT INTO "trial_intermediate_values" VALUES(15,3,7,3.34013894021542093182e-02,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(16,4,0,0.25,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(17,4,1,NULL,'NAN');
INSERT INTO "trial_intermediate_values" VALUES(18,4,3,NULL,'INF_POS');
INSERT INTO "trial_intermediate_values" VALUES(19,4,4,NULL,'INF_NEG');
INSERT INTO "trial_intermediate_values" VALUES(20,4,7,6.31710363355127224593e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(21,5,0,0.25,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(22,5,1,NULL,'NAN');
INSERT INTO "trial_intermediate_values" VALUES(23,5,3,NULL,'INF_POS');
INSERT INTO "trial_intermediate_values" VALUES(24,5,4,NULL,'INF_NEG');
INSERT INTO "trial_intermediate_values" VALUES(25,5,7,6.59775768449376298629e-03,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(26,6,0,0.25,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(27,6,1,NULL,'NAN');
INSERT INTO "trial_intermediate_values" VALUES(28,6,3,NULL,'INF_POS');
INSERT INTO "trial_intermediate_values" VALUES(29,6,4,NULL,'INF_NEG');
INSERT INTO "trial_intermediate_values" VALUES(30,6,7,1.27114821904221794029e-02,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(31,7,0,0.25,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(32,7,1,NULL,'NAN');
INSERT INTO "trial_intermediate_values" VALUES(33,7,3,NULL,'INF_POS');
INSERT INTO "trial_intermediate_values" VALUES(34,7,4,NULL,'INF_NEG');
INSERT INTO "trial_intermediate_values" VALUES(35,7,7,5.26994978229153483717e-03,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(36,8,0,0.25,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(37,8,1,NULL,'NAN');
INSERT INTO "trial_intermediate_values" VALUES(38,8,3,NULL,'INF_POS');
INSERT INTO "trial_intermediate_values" VALUES(39,8,4,NULL,'INF_NEG');
INSERT INTO "trial_intermediate_values" VALUES(40,8,7,6.87982790753550621509e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(41,9,0,0.25,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(42,9,1,NULL,'NAN');
INSERT INTO "trial_intermediate_values" VALUES(43,9,3,NULL,'INF_POS');
INSERT INTO "trial_intermediate_values" VALUES(44,9,4,NULL,'INF_NEG');
INSERT INTO "trial_intermediate_values" VALUES(45,9,7,7.24242486068564605972e+00,'FINITE');
CREATE TABLE trial_params (
	param_id INTEGER NOT NULL, 
	trial_id INTEGER, 
	param_name VARCHAR(512), 
	param_value FLOAT, 
	distribution_json TEXT, 
	PRIMARY KEY (param_id), 
	UNIQUE (trial_id, param_name), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_params" VALUES(1,1,'C',2.5,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.001, "high": 10.0, "log": true}}');
INSERT INTO "trial_params" VALUES(2,1,'kernel',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["linear", "rbf", null, true, 3, 0.5]}}');
INSERT INTO "trial_params" VALUES(3,1,'degree',1.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 2, "low": 1, "high": 9}}');
INSERT INTO "trial_params" VALUES(4,1,'leaf',38.0,'{"name": "IntDistribution", "attributes": {"log": true, "step": 1, "low": 1, "high": 128}}');
INSERT INTO "trial_params" VALUES(5,1,'grid',0.4,'{"name": "FloatDistribution", "attributes": {"step": 0.1, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(6,1,'single',2.5,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 2.5, "high": 2.5, "log": false}}');
INSERT INTO "trial_params" VALUES(7,2,'C',7.8317841834334589457e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.001, "high": 10.0, "log": true}}');
INSERT INTO "trial_params" VALUES(8,2,'kernel',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["linear", "rbf", null, true, 3, 0.5]}}');
INSERT INTO "trial_params" VALUES(9,2,'leaf',22.0,'{"name": "IntDistribution", "attributes": {"log": true, "step": 1, "low": 1, "high": 128}}');
INSERT INTO "trial_params" VALUES(10,2,'grid',0.8,'{"name": "FloatDistribution", "attributes": {"step": 0.1, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(11,2,'single',2.5,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 2.5, "high": 2.5, "log": false}}');
INSERT INTO "trial_params" VALUES(12,3,'C',3.34013894021542093182e-02,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.001, "high": 10.0, "log": true}}');
INSERT INTO "trial_params" VALUES(13,3,'kernel',5.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["linear", "rbf", null, true, 3, 0.5]}}');
INSERT INTO "trial_params" VALUES(14,3,'leaf',1.0,'{"name": "IntDistribution", "attributes": {"log": true, "step": 1, "low": 1, "high": 128}}');
INSERT INTO "trial_params" VALUES(15,3,'grid',6.00000000000000088817e-01,'{"name": "FloatDistribution", "attributes": {"step": 0.1, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(16,3,'single',2.5,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 2.5, "high": 2.5, "log": false}}');
INSERT INTO "trial_params" VALUES(17,4,'C',6.31710363355127224593e+00,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.001, "high": 10.0, "log": true}}');
INSERT INTO "trial_params" VALUES(18,4,'kernel',2.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["linear", "rbf", null, true, 3, 0.5]}}');
INSERT INTO "trial_params" VALUES(19,4,'leaf',20.0,'{"name": "IntDistribution", "attributes": {"log": true, "step": 1, "low": 1, "high": 128}}');
INSERT INTO "trial_params" VALUES(20,4,'grid',0.5,'{"name": "FloatDistribution", "attributes": {"step": 0.1, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(21,4,'single',2.5,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 2.5, "high": 2.5, "log": false}}');
INSERT INTO "trial_params" VALUES(22,5,'C',6.59775768449376298629e-03,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.001, "high": 10.0, "log": true}}');
INSERT INTO "trial_params" VALUES(23,5,'kernel',4.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["linear", "rbf", null, true, 3, 0.5]}}');
INSERT INTO "trial_params" VALUES(24,5,'leaf',3.0,'{"name": "IntDistribution", "attributes": {"log": true, "step": 1, "low": 1, "high": 128}}');
INSERT INTO "trial_params" VALUES(25,5,'grid',6.00000000000000088817e-01,'{"name": "FloatDistribution", "attributes": {"step": 0.1, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(26,5,'single',2.5,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 2.5, "high": 2.5, "log": false}}');
INSERT INTO "trial_params" VALUES(27,6,'C',1.27114821904221794029e-02,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.001, "high": 10.0, "log": true}}');
INSERT INTO "trial_params" VALUES(28,6,'kernel',5.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["linear", "rbf", null, true, 3, 0.5]}}');
INSERT INTO "trial_params" VALUES(29,6,'leaf',5.0,'{"name": "IntDistribution", "attributes": {"log": true, "step": 1, "low": 1, "high": 128}}');
INSERT INTO "trial_params" VALUES(30,6,'grid',0.9,'{"name": "FloatDistribution", "attributes": {"step": 0.1, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(31,6,'single',2.5,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 2.5, "high": 2.5, "log": false}}');
INSERT INTO "trial_params" VALUES(32,7,'C',5.26994978229153483717e-03,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.001, "high": 10.0, "log": true}}');
INSERT INTO "trial_params" VALUES(33,7,'kernel',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["linear", "rbf", null, true, 3, 0.5]}}');
INSERT INTO "trial_params" VALUES(34,7,'leaf',1.0,'{"name": "IntDistribution", "attributes": {"log": true, "step": 1, "low": 1, "high": 128}}');
INSERT INTO "trial_params" VALUES(35,7,'grid',0.1,'{"name": "FloatDistribution", "attributes": {"step": 0.1, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(36,7,'single',2.5,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 2.5, "high": 2.5, "log": false}}');
INSERT INTO "trial_params" VALUES(37,8,'C',6.87982790753550621509e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.001, "high": 10.0, "log": true}}');
INSERT INTO "trial_params" VALUES(38,8,'kernel',2.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["linear", "rbf", null, true, 3, 0.5]}}');
INSERT INTO "trial_params" VALUES(39,8,'leaf',13.0,'{"name": "IntDistribution", "attributes": {"log": true, "step": 1, "low": 1, "high": 128}}');
INSERT INTO "trial_params" VALUES(40,8,'grid',0.2,'{"name": "FloatDistribution", "attributes": {"step": 0.1, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(41,8,'single',2.5,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 2.5, "high": 2.5, "log": false}}');
INSERT INTO "trial_params" VALUES(42,9,'C',7.24242486068564605972e+00,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.001, "high": 10.0, "log": true}}');
INSERT INTO "trial_params" VALUES(43,9,'kernel',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["linear", "rbf", null, true, 3, 0.5]}}');
INSERT INTO "trial_params" VALUES(44,9,'leaf',7.0,'{"name": "IntDistribution", "attributes": {"log": true, "step": 1, "low": 1, "high": 128}}');
INSERT INTO "trial_params" VALUES(45,9,'grid',0.8,'{"name": "FloatDistribution", "attributes": {"step": 0.1, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(46,9,'single',2.5,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 2.5, "high": 2.5, "log": false}}');
INSERT INTO "trial_params" VALUES(47,10,'C',8.77608689805780134429e-02,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.001, "high": 10.0, "log": true}}');
INSERT INTO "trial_params" VALUES(48,12,'x',7.63082893739571721525e-02,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(49,12,'y',7.79918792240114622238e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(50,13,'x',4.38409231440893498721e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(51,13,'y',7.23465177830941219561e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(52,14,'x',9.77989511996602667309e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(53,14,'y',5.38495870410433674635e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(54,15,'x',5.01120463659937898093e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(55,15,'y',7.20511333597615433177e-02,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(56,16,'u',0.5,'{"name": "UniformDistribution", "attributes": {"low": 0.0, "high": 1.0}}');
INSERT INTO "trial_params" VALUES(57,16,'lu',0.01,'{"name": "LogUniformDistribution", "attributes": {"low": 0.001, "high": 1.0}}');
INSERT INTO "trial_params" VALUES(58,16,'du',0.3,'{"name": "DiscreteUniformDistribution", "attributes": {"low": 0.0, "high": 1.0, "q": 0.1}}');
INSERT INTO "trial_params" VALUES(59,16,'iu',4.0,'{"name": "IntUniformDistribution", "attributes": {"low": 0, "high": 8, "step": 2}}');
INSERT INTO "trial_params" VALUES(60,16,'ilu',8.0,'{"name": "IntLogUniformDistribution", "attributes": {"low": 1, "high": 64, "step": 1}}');
CREATE TABLE trial_system_attributes (
	trial_system_attribute_id INTEGER NOT NULL, 
	trial_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (trial_system_attribute_id), 
	UNIQUE (trial_id, "key"), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_system_attributes" VALUES(1,1,'fixed_params','{"C": 2.5, "kernel": "rbf"}');
INSERT INTO "trial_system_attributes" VALUES(2,11,'fixed_params','{"C": 1.0}');
INSERT INTO "trial_system_attributes" VALUES(3,12,'nsga2:generation','0');
INSERT INTO "trial_system_attributes" VALUES(4,12,'constraints','[-0.42369171062604283, -1.0]');
INSERT INTO "trial_system_attributes" VALUES(5,13,'nsga2:generation','0');
INSERT INTO "trial_system_attributes" VALUES(6,13,'constraints','[-0.0615907685591065, -1.0]');
INSERT INTO "trial_system_attributes" VALUES(7,14,'nsga2:generation','0');
INSERT INTO "trial_system_attributes" VALUES(8,14,'constraints','[0.47798951199660267, -1.0]');
INSERT INTO "trial_system_attributes" VALUES(9,15,'nsga2:generation','0');
INSERT INTO "trial_system_attributes" VALUES(10,15,'constraints','[0.001120463659937898, -1.0]');
CREATE TABLE trial_user_attributes (
	trial_user_attribute_id INTEGER NOT NULL, 
	trial_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (trial_user_attribute_id), 
	UNIQUE (trial_id, "key"), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_user_attributes" VALUES(1,1,'note','"text"');
INSERT INTO "trial_user_attributes" VALUES(2,2,'note','"text"');
INSERT INTO "trial_user_attributes" VALUES(3,3,'note','"text"');
INSERT INTO "trial_user_attributes" VALUES(4,4,'note','"text"');
INSERT INTO "trial_user_attributes" VALUES(5,5,'note','"text"');
INSERT INTO "trial_user_attributes" VALUES(6,6,'note','"text"');
INSERT INTO "trial_user_attributes" VALUES(7,7,'note','"text"');
INSERT INTO "trial_user_attributes" VALUES(8,8,'note','"text"');
INSERT INTO "trial_user_attributes" VALUES(9,9,'note','"text"');
CREATE TABLE trial_values (
	trial_value_id INTEGER NOT NULL, 
	trial_id INTEGER NOT NULL, 
	objective INTEGER NOT NULL, 
	value FLOAT, 
	value_type VARCHAR(7) NOT NULL, 
	PRIMARY KEY (trial_value_id), 
	UNIQUE (trial_id, objective), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_values" VALUES(1,1,0,3.5,'FINITE');
INSERT INTO "trial_values" VALUES(2,2,0,7.8317841834334589457e-01,'FINITE');
INSERT INTO "trial_values" VALUES(3,3,0,3.34013894021542093182e-02,'FINITE');
INSERT INTO "trial_values" VALUES(4,4,0,6.31710363355127224593e+00,'FINITE');
INSERT INTO "trial_values" VALUES(5,6,0,NULL,'INF_POS');
INSERT INTO "trial_values" VALUES(6,7,0,NULL,'INF_NEG');
INSERT INTO "trial_values" VALUES(7,9,0,7.24242486068564605972e+00,'FINITE');
INSERT INTO "trial_values" VALUES(8,12,0,7.63082893739571721525e-02,'FINITE');
INSERT INTO "trial_values" VALUES(9,12,1,7.79918792240114622238e-01,'FINITE');
INSERT INTO "trial_values" VALUES(10,13,0,4.38409231440893498721e-01,'FINITE');
INSERT INTO "trial_values" VALUES(11,13,1,7.23465177830941219561e-01,'FINITE');
INSERT INTO "trial_values" VALUES(12,14,0,9.77989511996602667309e-01,'FINITE');
INSERT INTO "trial_values" VALUES(13,14,1,5.38495870410433674635e-01,'FINITE');
INSERT INTO "trial_values" VALUES(14,15,0,5.01120463659937898093e-01,'FINITE');
INSERT INTO "trial_values" VALUES(15,15,1,7.20511333597615433177e-02,'FINITE');
INSERT INTO "trial_values" VALUES(16,16,0,1.5,'FINITE');
CREATE TABLE trials (
	trial_id INTEGER NOT NULL, 
	number INTEGER, 
	study_id INTEGER, 
	state VARCHAR(8) NOT NULL, 
	datetime_start DATETIME, 
	datetime_complete DATETIME, 
	PRIMARY KEY (trial_id), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
INSERT INTO "trials" VALUES(1,0,1,'COMPLETE','2026-11-28 09:26:33.293233','2026-11-28 09:26:33.328648');
INSERT INTO "trials" VALUES(2,1,1,'COMPLETE','2026-11-28 09:26:33.335904','2026-11-28 09:26:33.362016');
INSERT INTO "trials" VALUES(3,2,1,'COMPLETE','2026-11-28 09:26:33.367197','2026-11-28 09:26:33.471330');
INSERT INTO "trials" VALUES(4,3,1,'PRUNED','2026-11-28 09:26:33.482667','2026-11-28 09:26:33.513250');
INSERT INTO "trials" VALUES(5,4,1,'FAIL','2026-11-28 09:26:33.518744','2026-11-28 09:26:33.549142');
INSERT INTO "trials" VALUES(6,5,1,'COMPLETE','2026-11-28 09:26:33.559494','2026-11-28 09:26:33.590143');
INSERT INTO "trials" VALUES(7,6,1,'COMPLETE','2026-11-28 09:26:33.595225','2026-11-28 09:26:33.626420');
INSERT INTO "trials" VALUES(8,7,1,'FAIL','2026-11-28 09:26:33.631590','2026-11-28 09:26:33.742615');
INSERT INTO "trials" VALUES(9,8,1,'COMPLETE','2026-11-28 09:26:33.754827','2026-11-28 09:26:33.804507');
INSERT INTO "trials" VALUES(10,9,1,'RUNNING','2026-11-28 09:26:33.810631',NULL);
INSERT INTO "trials" VALUES(11,10,1,'WAITING',NULL,NULL);
INSERT INTO "trials" VALUES(12,0,2,'COMPLETE','2026-11-28 09:26:33.830784','2026-11-28 09:26:33.868401');
INSERT INTO "trials" VALUES(13,1,2,'COMPLETE','2026-11-28 09:26:33.874888','2026-11-28 09:26:33.904170');
INSERT INTO "trials" VALUES(14,2,2,'COMPLETE','2026-11-28 09:26:33.910126','2026-11-28 09:26:33.943789');
INSERT INTO "trials" VALUES(15,3,2,'COMPLETE','2026-11-28 09:26:33.948918','2026-11-28 09:26:33.991591');
INSERT INTO "trials" VALUES(16,0,3,'COMPLETE','2026-11-28 09:26:34.000096','2026-11-28 09:26:34.000096');
CREATE TABLE version_info (
	version_info_id INTEGER NOT NULL, 
	schema_version INTEGER, 
	library_version VARCHAR(256), 
	PRIMARY KEY (version_info_id), 
	CHECK (version_info_id=1)
);
INSERT INTO "version_info" VALUES(1,12,'3.1.0');
CREATE UNIQUE INDEX ix_studies_study_name ON studies (study_name);
COMMIT;
