"""Several functions per gene: multi-label classification."""
from sklearn.datasets import make_multilabel_classification
from sklearn.metrics import f1_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
import keras
from keras.models import Model
from keras.layers import Input, Dense, BatchNormalization
from keras.optimizers import SGD

params = {
    'hidden': 64,
    'lr': 0.01,
    'momentum': 0.9,
    'epochs': 20,
    'batch': 16,
}

keras.utils.set_random_seed(0)
X, Y = make_multilabel_classification(n_samples=1600, n_features=30, n_classes=5,
                                      n_labels=2, length=300, random_state=0)
X_train, X_test, Y_train, Y_test = train_test_split(X, Y, test_size=0.25, random_state=0)
scaler = StandardScaler().fit(X_train)
X_train, X_test = scaler.transform(X_train), scaler.transform(X_test)

genes = Input(shape=(X.shape[1],))
h = Dense(params['hidden'], activation='relu')(genes)
h = BatchNormalization()(h)
h = Dense(params['hidden'], activation='relu')(h)
functions = Dense(Y.shape[1], activation='sigmoid')(h)

model = Model(inputs=genes, outputs=functions)
sgd = SGD(learning_rate=params['lr'], momentum=params['momentum'], nesterov=True)
model.compile(loss='binary_crossentropy', optimizer=sgd, metrics=['binary_accuracy'])
model.fit(X_train, Y_train, epochs=params['epochs'], batch_size=params['batch'], verbose=0)

Y_pred = (model.predict(X_test, verbose=0) > 0.5).astype('int32')
print('binary accuracy', model.evaluate(X_test, Y_test, verbose=0)[1])
print('micro F1       ', f1_score(Y_test, Y_pred, average='micro'))
